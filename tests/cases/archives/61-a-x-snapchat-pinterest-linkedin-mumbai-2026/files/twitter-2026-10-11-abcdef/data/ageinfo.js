window.YTD.ageinfo.part0 = [
  {
    "ageMeta": {
      "ageInfo": {
        "age": [
          "33"
        ],
        "birthDate": "1993-06-06"
      }
    }
  }
]