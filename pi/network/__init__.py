"""The denoiser and the judge: f_theta and the frozen encoder E."""
