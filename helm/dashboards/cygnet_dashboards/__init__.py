"""Dashboards as code: reviewed, typed and tested like the rest, and shipped by the chart as the JSON made of them."""
