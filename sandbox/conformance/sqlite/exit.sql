.exit 7
