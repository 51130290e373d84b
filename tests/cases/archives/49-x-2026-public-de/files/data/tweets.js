window.YTD.tweets.part0 = [
  {
    "tweet": {
      "id_str": "1",
      "id": "1",
      "created_at": "Sat Mar 21 12:53:22 +0000 2026",
      "full_text": "Der Deich hält, das Schaf auch",
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
  },
  {
    "tweet": {
      "id_str": "2",
      "id": "2",
      "created_at": "Sun Mar 22 12:53:22 +0000 2026",
      "full_text": "@schaf_nr_9 runter da",
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
