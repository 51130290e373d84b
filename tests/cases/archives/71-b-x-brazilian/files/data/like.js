window.YTD.like.part0 = [
  {
    "like": {
      "tweetId": "88",
      "fullText": "Bolsa sobe &gt; 2%",
      "expandedUrl": "https://twitter.com/i/web/status/88"
    }
  }
]