window.YTD.profile.part0 = [
  {
    "profile": {
      "description": {
        "bio": "Bryologist, slowly",
        "website": "",
        "location": "Portland, OR"
      },
      "avatarMediaUrl": "https://pbs.twimg.com/x.jpg"
    }
  }
]
