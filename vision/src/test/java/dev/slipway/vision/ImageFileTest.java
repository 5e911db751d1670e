package dev.slipway.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.tensor.SlipwayException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ImageFileTest {
  @TempDir
  private Path folder;

  @ParameterizedTest
  @EnumSource
  void pngKeepsEveryPixel(PixelFormat format) {
    Image image = RandomImages.of(1, 33, 17, format);
    Path file = folder.resolve("deeper/a.png");
    ImageFile.write(image, file);
    assertThat(ImageFile.read(file).to(format).pixels()).isEqualTo(image.pixels());
  }

  @Test
  void jpegKeepsColoursNearly() {
    Image image = Image.filled(40, 30, PixelFormat.RGB, new Color(200, 120, 40));
    Image decoded = ImageFile.decode(ImageFile.encode(image, "jpg"), "a.jpg").to(PixelFormat.RGB);
    for (int c = 0; c < 3; c++) {
      assertThat(decoded.sample(20, 15, c)).isBetween(image.sample(0, 0, c) - 3, image.sample(0, 0, c) + 3);
    }
  }

  @Test
  void laysTransparentPixelsOnWhite() throws IOException {
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, 0x80_00_00_00);
    image.setRGB(1, 0, 0xff_10_20_30);
    Image decoded = ImageFile.decode(png(image), "a.png");
    assertThat(decoded.format()).isEqualTo(PixelFormat.BGR);
    assertThat(decoded.pixels()).containsExactly(127, 127, 127, 0x30, 0x20, 0x10);
  }

  @Test
  void keepsTheHighByteOfSixteenBitGrey() throws IOException {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_GRAY);
    image.getRaster().setSample(0, 0, 0, 0x7abc);
    Image decoded = ImageFile.decode(png(image), "a.png");
    assertThat(decoded.format()).isEqualTo(PixelFormat.GREY);
    assertThat(decoded.sample(0, 0, 0)).isEqualTo(0x7a);
  }

  @Test
  void refusesWhatIsNoPicture() {
    assertThatThrownBy(() -> ImageFile.decode(new byte[] {1, 2, 3}, "x")).isInstanceOf(SlipwayException.class)
        .hasMessage("picture: x is of no known format (expected: PNG, JPEG, BMP, GIF or TIFF)");
    assertThatThrownBy(() -> ImageFile.decode(new byte[0], "x")).isInstanceOf(SlipwayException.class);
    assertThatThrownBy(() -> ImageFile.read(folder.resolve("none.png"))).isInstanceOf(SlipwayException.class)
        .hasMessageEndingWith("none.png (expected: an existing file)");
    assertThatThrownBy(() -> ImageFile.read(folder)).isInstanceOf(SlipwayException.class);
  }

  @ParameterizedTest
  @EnumSource(names = {"RGB", "GREY"})
  void damagedFilesNeverEscapeAsOtherErrors(PixelFormat format) {
    for (String kind : new String[] {"png", "jpg", "bmp"}) {
      byte[] whole = ImageFile.encode(RandomImages.of(2, 20, 20, format), kind);
      for (int length = 0; length < whole.length; length += 37) {
        byte[] cut = Arrays.copyOf(whole, length);
        try {
          ImageFile.decode(cut, "cut");
        } catch (SlipwayException e) {
          assertThat(e).hasMessageContaining("cut");
        }
      }
    }
  }

  @Test
  void refusesAnUnknownExtensionAndLeavesNothingBehind() throws IOException {
    Image image = Image.allocate(2, 2, PixelFormat.GREY);
    assertThatThrownBy(() -> ImageFile.write(image, folder.resolve("a.webp"))).isInstanceOf(SlipwayException.class)
        .hasMessage("format of picture: webp (expected: png, jpg or bmp)");
    Files.createDirectories(folder.resolve("taken.png/inner"));
    assertThatThrownBy(() -> ImageFile.write(image, folder.resolve("taken.png"))).isInstanceOf(SlipwayException.class);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve("taken.png"));
    }
  }

  private static byte[] png(BufferedImage image) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image, "png", bytes);
    return bytes.toByteArray();
  }
}
