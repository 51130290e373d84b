window.YTD.like.part0 = [
  {
    "like": {
      "tweetId": "5",
      "fullText": "A lichen is a marriage",
      "expandedUrl": "https://twitter.com/i/web/status/5"
    }
  }
]
