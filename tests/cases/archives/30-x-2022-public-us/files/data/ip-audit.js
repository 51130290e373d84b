window.YTD.ip_audit.part0 = [
  {
    "ipAudit": {
      "accountId": "77",
      "createdAt": "2022-01-01T00:00:00.000Z",
      "loginIp": "192.0.2.4"
    }
  }
]
