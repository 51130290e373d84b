window.YTD.note_tweet.part0 = [
  {
    "noteTweet": {
      "noteTweetId": "99",
      "createdAt": "2026-01-15T14:00:00.000Z",
      "core": {
        "text": "Fio longo sobre concurso público:\n1) edital\n2) \"cursinho\"; 3) paciência",
        "hashtags": []
      }
    }
  }
]