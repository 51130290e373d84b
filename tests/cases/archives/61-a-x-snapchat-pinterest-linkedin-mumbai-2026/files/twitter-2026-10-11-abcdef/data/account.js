window.YTD.account.part0 = [
  {
    "account": {
      "email": "aarohi@sketch.example",
      "createdVia": "web",
      "username": "aarohi_sketches",
      "accountId": "900100200",
      "createdAt": "2014-02-11T09:00:00.000Z",
      "accountDisplayName": "Aarohi Patwardhanekar"
    }
  }
]