window.YTD.grok_chat_item.part0 = [
  {
    "grokChatItem": {
      "accountId": "77",
      "createdAt": "2026-04-01T10:00:00.000Z",
      "chatId": "c1",
      "message": "Wie viele Schafe trägt ein Deich?",
      "sender": {
        "name": "User"
      },
      "postIds": [],
      "grokMode": {
        "name": "Normal"
      }
    }
  },
  {
    "grokChatItem": {
      "accountId": "77",
      "createdAt": "2026-04-02T10:00:00.000Z",
      "chatId": "c1",
      "message": "Mehr, als man denkt.",
      "sender": {
        "name": "Grok"
      },
      "postIds": [],
      "grokMode": {
        "name": "Normal"
      }
    }
  }
]
