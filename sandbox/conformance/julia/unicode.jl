println("Grüße, 世界! 🎉")
