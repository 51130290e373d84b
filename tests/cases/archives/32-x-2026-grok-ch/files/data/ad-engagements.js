window.YTD.ad_engagements.part0 = [
  {
    "ad": {
      "adsUserData": {
        "adEngagements": {
          "engagements": []
        }
      }
    }
  }
]
