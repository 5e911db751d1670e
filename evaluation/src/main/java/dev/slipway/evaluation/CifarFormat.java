package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.Image;
import dev.slipway.vision.PixelFormat;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Pictures of 32x32 in the binary form of CIFAR-10 (Krizhevsky, 2009), compressed by gzip or not: a byte for the class,
 * then the planes of red, green and blue. In CIFAR-100 a byte for the coarse class comes first; the fine one is the
 * label.
 */
public final class CifarFormat implements DatasetFormat {
  private static final int SIDE = 32;
  private static final int PLANE = SIDE * SIDE;
  private static final int CHANNELS = 3;

  @Override
  public String name() {
    return "cifar";
  }

  @Override
  public String description() {
    return "32x32 pictures in the binary form of CIFAR-10 or CIFAR-100";
  }

  @Override
  public boolean accepts(DatasetSource source) {
    String name = source.path().getFileName().toString().toLowerCase(Locale.ROOT);
    return Files.isRegularFile(source.path()) && (name.endsWith(".bin") || name.endsWith(".bin.gz"));
  }

  @Override
  public Dataset open(DatasetSource source) {
    Path path = source.path();
    byte[] bytes = ByteFile.read(path);
    for (int labels = 1; labels <= 2; labels++) {
      if (bytes.length > 0 && bytes.length % (labels + CHANNELS * PLANE) == 0) {
        return new Pictures(path.toString(), bytes, labels);
      }
    }
    throw new SlipwayException(path + ": " + bytes.length + " bytes (expected: records of " + (1 + CHANNELS * PLANE)
        + " bytes as in CIFAR-10, or of " + (2 + CHANNELS * PLANE) + " as in CIFAR-100)");
  }

  /** Records, the last of their label bytes being the class. */
  private record Pictures(String name, byte[] bytes, int labels) implements Dataset {

    @Override
    public int size() {
      return bytes.length / recordBytes();
    }

    private int recordBytes() {
      return labels + CHANNELS * PLANE;
    }

    @Override
    public Item item(int index) {
      int start = index * recordBytes() + labels;
      Image image = Image.allocate(SIDE, SIDE, PixelFormat.RGB);
      for (int channel = 0; channel < CHANNELS; channel++) {
        for (int pixel = 0; pixel < PLANE; pixel++) {
          image.pixels()[pixel * CHANNELS + channel] = bytes[start + channel * PLANE + pixel];
        }
      }
      return new Item("picture " + index, new Content.Picture(image), new Label.Category(bytes[start - 1] & 0xff));
    }

    @Override
    public OptionalInt category(int index) {
      return OptionalInt.of(bytes[index * recordBytes() + labels - 1] & 0xff);
    }
  }
}
