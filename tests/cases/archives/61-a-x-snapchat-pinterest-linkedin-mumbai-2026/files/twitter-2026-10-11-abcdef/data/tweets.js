window.YTD.tweets.part0 = [
  {
    "tweet": {
      "id": "18000001",
      "id_str": "18000001",
      "created_at": "Sun Oct 04 12:53:22 +0000 2026",
      "full_text": "New storyboard &amp; a cat\nमुंबई ☔",
      "lang": "en",
      "favorite_count": "2",
      "retweet_count": "0",
      "entities": {
        "hashtags": [],
        "urls": [],
        "user_mentions": []
      }
    }
  },
  {
    "tweet": {
      "id": "18000002",
      "id_str": "18000002",
      "created_at": "Sat Oct 03 02:00:00 +0000 2026",
      "full_text": "RT @someone_else_x: Please share my petition…",
      "lang": "en",
      "favorite_count": "2",
      "retweet_count": "0",
      "entities": {
        "hashtags": [],
        "urls": [],
        "user_mentions": []
      }
    }
  },
  {
    "tweet": {
      "id": "18000003",
      "id_str": "18000003",
      "created_at": "Wed Mar 15 10:00:00 +0000 2023",
      "full_text": "@friend_x no, really",
      "lang": "en",
      "favorite_count": "2",
      "retweet_count": "0",
      "entities": {
        "hashtags": [],
        "urls": [],
        "user_mentions": []
      },
      "in_reply_to_status_id_str": "17999"
    }
  },
  {
    "tweet": {
      "id": "18000004",
      "id_str": "18000004",
      "created_at": "Mon Jan 06 10:00:00 +0000 2014",
      "full_text": "hello twitter",
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