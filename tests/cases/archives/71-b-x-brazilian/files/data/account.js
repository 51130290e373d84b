window.YTD.account.part0 = [
  {
    "account": {
      "email": "thiago@example.com.br",
      "createdVia": "web",
      "username": "thiagonb_demo",
      "accountId": "1",
      "createdAt": "2011-08-08T20:00:00.000Z",
      "accountDisplayName": "Thiago NB 🐔"
    }
  }
]