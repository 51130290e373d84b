window.YTD.tweet.part0 = [
  {
    "tweet": {
      "id_str": "1",
      "id": "1",
      "created_at": "Mon Mar 21 12:53:22 +0000 2022",
      "full_text": "Found a moss that eats concrete &amp; time",
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
      "created_at": "Tue Mar 22 12:53:22 +0000 2022",
      "full_text": "Counting spores again",
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
      "id_str": "3",
      "id": "3",
      "created_at": "Wed Mar 23 12:53:22 +0000 2022",
      "full_text": "RT @fern_bank: The fern unrolls at dawn",
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
      "id_str": "4",
      "id": "4",
      "created_at": "Thu Mar 24 12:53:22 +0000 2022",
      "full_text": "@fern_bank at four in the morning, actually",
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
