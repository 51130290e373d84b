window.YTD.note_tweet.part0 = [
  {
    "noteTweet": {
      "noteTweetId": "7",
      "createdAt": "2026-03-24T10:00:00.000Z",
      "updatedAt": "2026-03-24T10:00:00.000Z",
      "lifecycle": {
        "value": "Original"
      },
      "core": {
        "text": "Eine lange Geschichte über eine Geiss, ein Dach und einen Dachdecker",
        "urls": [],
        "mentions": [],
        "hashtags": [],
        "cashtags": [],
        "styletags": []
      }
    }
  }
]
