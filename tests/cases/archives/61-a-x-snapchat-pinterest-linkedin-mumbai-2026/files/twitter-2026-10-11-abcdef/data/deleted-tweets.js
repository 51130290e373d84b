window.YTD.deleted_tweets.part0 = [
  {
    "tweet": {
      "id": "18000006",
      "id_str": "18000006",
      "created_at": "Fri Oct 02 09:00:00 +0000 2026",
      "full_text": "oops",
      "lang": "en",
      "favorite_count": "2",
      "retweet_count": "0",
      "entities": {
        "hashtags": [],
        "urls": [],
        "user_mentions": []
      },
      "deleted_at": "2026-10-02T09:05:00.000Z"
    }
  }
]