window.YTD.account.part0 = [
  {
    "account": {
      "email": "geiss@example.org",
      "username": "geissenpeterli",
      "accountId": "77",
      "createdAt": "2015-01-01T00:00:00.000Z",
      "accountDisplayName": "Geissenpeterli"
    }
  }
]
