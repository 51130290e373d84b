window.YTD.community_tweet.part0 = [
  {
    "tweet": {
      "id_str": "8",
      "id": "8",
      "created_at": "Tue Mar 24 12:53:22 +0000 2026",
      "full_text": "In der Gruppe: wer hat Dachlatten?",
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
