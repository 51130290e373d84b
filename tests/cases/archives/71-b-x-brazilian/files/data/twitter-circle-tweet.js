window.YTD.twitter_circle_tweet.part0 = [
  {
    "tweet": {
      "id_str": "55",
      "full_text": "só pros chegados: me separei",
      "created_at": "Thu Feb 09 22:00:00 +0000 2023"
    }
  }
]