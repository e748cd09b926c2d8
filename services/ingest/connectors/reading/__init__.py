"""What reading has alike whatever the vendor: payloads, people, orders, prospects, answers, and events made of them."""
