"""The HTTPS server: AdmissionReviews in, decisions out."""
