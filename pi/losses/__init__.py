"""A perceptual loss as data: network, input, distance, published presets, named configurations."""
