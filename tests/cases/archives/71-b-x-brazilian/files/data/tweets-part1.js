window.YTD.tweets.part1 = [
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1705"
          ],
          "isEditEligible": false
        }
      },
      "retweeted": false,
      "id_str": "1700000000000000005",
      "full_text": "bloqueado no Brasil, voltei com VPN? nem eu sei",
      "created_at": "Sat Sep 28 03:00:00 +0000 2024",
      "lang": "pt",
      "favorite_count": "3"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1706"
          ],
          "isEditEligible": false
        }
      },
      "retweeted": false,
      "id_str": "1700000000000000006",
      "full_text": " ",
      "created_at": "",
      "lang": "pt",
      "favorite_count": "3"
    }
  }
]