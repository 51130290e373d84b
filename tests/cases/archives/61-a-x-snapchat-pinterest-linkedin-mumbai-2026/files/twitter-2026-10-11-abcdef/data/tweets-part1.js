window.YTD.tweets.part1 = [
  {
    "tweet": {
      "id": "18000005",
      "id_str": "18000005",
      "created_at": "",
      "full_text": "no date here",
      "lang": "en",
      "favorite_count": "2",
      "retweet_count": "0",
      "entities": {
        "hashtags": [],
        "urls": [],
        "user_mentions": []
      }
    }
  }
]