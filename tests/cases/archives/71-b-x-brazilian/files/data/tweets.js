window.YTD.tweets.part0 = [
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1700"
          ],
          "isEditEligible": false
        }
      },
      "retweeted": false,
      "id_str": "1700000000000000000",
      "full_text": "Galo ganhou!! 3x1 &amp; segue o líder ⚽",
      "created_at": "Tue Oct 06 23:10:05 +0000 2026",
      "lang": "pt",
      "favorite_count": "3"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1701"
          ],
          "isEditEligible": false
        }
      },
      "retweeted": false,
      "id_str": "1700000000000000001",
      "full_text": "@ana_demo kkkkk &lt;3",
      "created_at": "Wed Aug 05 12:00:00 +0000 2026",
      "lang": "pt",
      "favorite_count": "3"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1702"
          ],
          "isEditEligible": false
        }
      },
      "retweeted": false,
      "id_str": "1700000000000000002",
      "full_text": "Vacinado!\n\"Viva o SUS\" 🇧🇷",
      "created_at": "Sun Mar 21 12:53:22 +0000 2021",
      "lang": "pt",
      "favorite_count": "3"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1703"
          ],
          "isEditEligible": false
        }
      },
      "retweeted": false,
      "id_str": "1700000000000000003",
      "full_text": "RT @jornal_demo: Chuva forte em BH; evite a Av. do Contorno…",
      "created_at": "Mon Jul 01 10:00:00 +0000 2024",
      "lang": "pt",
      "favorite_count": "3"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1704"
          ],
          "isEditEligible": false
        }
      },
      "retweeted": false,
      "id_str": "1700000000000000004",
      "full_text": "Meu salário: R$ 2.300. Rindo pra não chorar",
      "created_at": "Fri Oct 30 20:00:00 +0000 2015",
      "lang": "pt",
      "favorite_count": "3"
    }
  }
]