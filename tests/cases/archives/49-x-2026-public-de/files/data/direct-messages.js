window.YTD.direct_messages.part0 = [
  {
    "dmConversation": {
      "conversationId": "77-88",
      "messages": [
        {
          "messageCreate": {
            "recipientId": "77",
            "reactions": [],
            "urls": [],
            "text": "Schaf neun ist weg",
            "mediaUrls": [],
            "senderId": "88",
            "id": "9",
            "createdAt": "2022-03-21T12:53:22.000Z"
          }
        }
      ]
    }
  }
]
