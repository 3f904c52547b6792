"""Mail: messages, their recipients, the server or the folder that they leave by."""
