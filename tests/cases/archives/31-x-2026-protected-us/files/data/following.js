window.YTD.following.part0 = [
  {
    "following": {
      "accountId": "88",
      "userLink": "https://twitter.com/intent/user?user_id=88"
    }
  }
]
