window.YTD.protected_history.part0 = [
  {
    "protectedHistory": {
      "protectedAt": "2021-06-30T10:00:00.000Z",
      "action": "Unprotect"
    }
  },
  {
    "protectedHistory": {
      "protectedAt": "2021-02-01T10:00:00.000Z",
      "action": "Protect"
    }
  }
]