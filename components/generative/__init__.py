"""New pictures: a GAN and neural style transfer."""
