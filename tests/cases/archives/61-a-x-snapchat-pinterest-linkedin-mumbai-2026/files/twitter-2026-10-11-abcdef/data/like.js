window.YTD.like.part0 = [
  {
    "like": {
      "tweetId": "5",
      "fullText": "A nice thing someone wrote",
      "expandedUrl": "https://twitter.com/i/web/status/5"
    }
  }
]