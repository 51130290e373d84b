window.YTD.direct_messages.part0 = [
  {
    "dmConversation": {
      "conversationId": "1-2",
      "messages": [
        {
          "messageCreate": {
            "recipientId": "2",
            "senderId": "1",
            "id": "7",
            "text": "me passa teu pix",
            "createdAt": "2026-05-05T05:05:05.000Z",
            "mediaUrls": [],
            "reactions": [],
            "urls": []
          }
        },
        {
          "messageCreate": {
            "recipientId": "1",
            "senderId": "2",
            "id": "6",
            "text": "000.000.000-00",
            "createdAt": "2026-05-05T05:04:05.000Z"
          }
        }
      ]
    }
  }
]