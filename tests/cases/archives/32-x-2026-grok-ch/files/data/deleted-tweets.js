window.YTD.deleted_tweets.part0 = [
  {
    "tweet": {
      "id_str": "9",
      "id": "9",
      "created_at": "Tue Mar 17 12:53:22 +0000 2026",
      "full_text": "Das nehme ich zurück",
      "lang": "en",
      "retweeted": false,
      "favorite_count": "2",
      "entities": {
        "hashtags": [],
        "urls": [],
        "user_mentions": []
      },
      "source": ""
    }
  }
]
