"""Lambda searched for: by the Psi that it gives, by validation SSIM, or by both."""
