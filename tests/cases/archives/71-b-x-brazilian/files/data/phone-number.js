window.YTD.phone_number.part0 = [
  {
    "device": {
      "phoneNumber": "+5531000000000"
    }
  }
]