window.YTD.account.part0 = [
  {
    "account": {
      "email": "loom@example.org",
      "username": "quiet_loom",
      "accountId": "77",
      "createdAt": "2015-01-01T00:00:00.000Z",
      "accountDisplayName": "Quiet Loom"
    }
  }
]
