window.YTD.twitter_circle_tweet.part0 = [
  {
    "twitterCircleTweet": {
      "id": "18000007",
      "id_str": "18000007",
      "created_at": "Mon May 01 09:00:00 +0000 2023",
      "full_text": "only for you six",
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