window.YTD.ageinfo.part0 = [
  {
    "ageMeta": {
      "ageInfo": {
        "age": [
          "36"
        ],
        "birthDate": "1990-04-21"
      },
      "inferredAgeInfo": {
        "age": [
          "13-54"
        ],
        "birthDate": ""
      }
    }
  }
]