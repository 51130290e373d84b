window.YTD.tweets.part1 = [
  {
    "tweet": {
      "id_str": "3",
      "id": "3",
      "created_at": "Mon Mar 23 12:53:22 +0000 2026",
      "full_text": "Neue Ziegel, alte Geiss",
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
