"""New pictures: GAN and style transfer."""
