"""The desk: what stands behind the buttons, /tocsin and the home page in Slack."""
