window.YTD.deleted_tweets.part0 = [
  {
    "tweet": {
      "id_str": "56",
      "full_text": "político tudo igual",
      "created_at": "Fri Oct 02 12:00:00 +0000 2026",
      "deleted_at": "2026-10-03T10:00:00.000Z"
    }
  }
]