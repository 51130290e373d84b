window.YTD.profile.part0 = [
  {
    "profile": {
      "description": {
        "bio": "Storyboards & chai",
        "website": "https://t.co/x",
        "location": "Mumbai"
      },
      "avatarMediaUrl": "https://pbs.example/a.jpg"
    }
  }
]