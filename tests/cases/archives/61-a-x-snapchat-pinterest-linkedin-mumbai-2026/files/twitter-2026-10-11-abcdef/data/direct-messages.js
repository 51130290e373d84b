window.YTD.direct_messages.part0 = [
  {
    "dmConversation": {
      "conversationId": "1-2",
      "messages": [
        {
          "messageCreate": {
            "recipientId": "2",
            "senderId": "900100200",
            "text": "invoice sent: ₹40,000",
            "mediaUrls": [],
            "id": "5",
            "createdAt": "2026-09-09T09:09:09.123Z"
          }
        }
      ]
    }
  }
]