window.YTD.profile.part0 = [
  {
    "profile": {
      "description": {
        "bio": "BH • atleticano • \"concurseiro\"",
        "website": "",
        "location": "Belo Horizonte, MG"
      },
      "avatarMediaUrl": "https://pbs.example/p.jpg"
    }
  }
]