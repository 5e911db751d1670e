package dev.slipway.vision;

import dev.slipway.tensor.AtomicFile;
import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Optional;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Images in files, by the readers and writers of the JDK: PNG, JPEG, BMP, GIF (first frame), TIFF. Grey pictures become
 * {@link PixelFormat#GREY}, all others {@link PixelFormat#BGR}; transparent pixels are laid on white; an EXIF
 * orientation is not applied.
 */
public final class ImageFile {
  /** Larger pictures are refused before they are decoded. */
  static final long MAX_PIXELS = 1L << 28;

  private static final float JPEG_QUALITY = 0.95f;

  private ImageFile() {}

  /**
   * Reads a picture.
   *
   * @throws SlipwayException where the file is missing or holds no picture that can be decoded
   */
  public static Image read(Path path) {
    try {
      return decode(Files.readAllBytes(path), path.toString());
    } catch (NoSuchFileException e) {
      throw new SlipwayException("picture: " + path + " (expected: an existing file)", e);
    } catch (IOException e) {
      throw new SlipwayException("picture: " + path + " cannot be read: " + FileFailure.reason(e), e);
    }
  }

  /**
   * Decodes the content of a file.
   *
   * @param name what messages call the picture
   * @throws SlipwayException where the bytes are no picture that can be decoded
   */
  public static Image decode(byte[] file, String name) {
    try (ImageInputStream stream = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
      if (!readers.hasNext()) {
        throw new SlipwayException(
            "picture: " + name + " is of no known format (expected: PNG, JPEG, BMP, GIF or TIFF)");
      }
      return decode(readers.next(), stream, name);
    } catch (SlipwayException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The JDK's decoders answer damaged files with exceptions of many types.
      throw new SlipwayException("picture: " + name + " cannot be decoded: " + e.getMessage(), e);
    }
  }

  /**
   * Writes a picture, the format chosen by the extension: png, jpg, jpeg or bmp. The file appears whole or not at all.
   *
   * @throws SlipwayException where the extension is none of these or the file cannot be written
   */
  public static void write(Image image, Path path) {
    byte[] encoded = encode(image, extension(path));
    try {
      Files.createDirectories(path.toAbsolutePath().getParent());
      AtomicFile.write(path, encoded);
    } catch (IOException e) {
      throw new SlipwayException("picture: " + path + " cannot be written: " + FileFailure.reason(e)
          + " (expected: a place in a folder that is writable)", e);
    }
  }

  /** The content of a file in one of the formats png, jpg, jpeg, bmp. */
  public static byte[] encode(Image image, String format) {
    ImageWriter writer = writer(format)
        .orElseThrow(() -> new SlipwayException("format of picture: " + format + " (expected: png, jpg or bmp)"));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
      writer.setOutput(stream);
      ImageWriteParam parameters = writer.getDefaultWriteParam();
      if (format.startsWith("jp")) {
        parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        parameters.setCompressionQuality(JPEG_QUALITY);
      }
      writer.write(null, new IIOImage(toBufferedImage(image), null, null), parameters);
    } catch (IOException e) {
      throw new SlipwayException("picture: cannot be encoded as " + format + ": " + FileFailure.reason(e), e);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  private static Optional<ImageWriter> writer(String format) {
    return switch (format) {
      case "png", "jpg", "jpeg", "bmp" -> Optional.of(ImageIO.getImageWritersByFormatName(format).next());
      default -> Optional.empty();
    };
  }

  private static String extension(Path path) {
    String name = path.getFileName().toString();
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }

  private static Image decode(ImageReader reader, ImageInputStream stream, String name) throws IOException {
    try {
      reader.setInput(stream, true, true);
      long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
      if (pixels > MAX_PIXELS) {
        throw new SlipwayException("picture: " + name + " has " + reader.getWidth(0) + "x" + reader.getHeight(0)
            + " pixels (expected: at most " + MAX_PIXELS + ")");
      }
      return fromBufferedImage(reader.read(0));
    } finally {
      reader.dispose();
    }
  }

  private static Image fromBufferedImage(BufferedImage source) {
    // The JDK takes grey for linear light, so its getRGB would change the values.
    if (source.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY) {
      return fromGrey(source);
    }
    Image image = Image.allocate(source.getWidth(), source.getHeight(), PixelFormat.BGR);
    if (source.getType() == BufferedImage.TYPE_3BYTE_BGR) {
      byte[] data = ((DataBufferByte) source.getRaster().getDataBuffer()).getData();
      System.arraycopy(data, 0, image.pixels(), 0, image.pixels().length);
      return image;
    }
    int[] row = new int[image.width()];
    for (int y = 0; y < image.height(); y++) {
      source.getRGB(0, y, row.length, 1, row, 0, row.length);
      for (int x = 0, p = y * row.length * 3; x < row.length; x++, p += 3) {
        int alpha = row[x] >>> 24;
        image.pixels()[p] = onWhite(row[x] & 0xff, alpha);
        image.pixels()[p + 1] = onWhite(row[x] >> 8 & 0xff, alpha);
        image.pixels()[p + 2] = onWhite(row[x] >> 16 & 0xff, alpha);
      }
    }
    return image;
  }

  private static Image fromGrey(BufferedImage source) {
    Image image = Image.allocate(source.getWidth(), source.getHeight(), PixelFormat.GREY);
    Raster raster = source.getRaster();
    int greyBits = source.getColorModel().getComponentSize(0);
    int[] grey = new int[image.width()];
    int[] alpha = new int[image.width()];
    for (int y = 0; y < image.height(); y++) {
      raster.getSamples(0, y, grey.length, 1, 0, grey);
      if (raster.getNumBands() > 1) {
        raster.getSamples(0, y, alpha.length, 1, 1, alpha);
      }
      for (int x = 0; x < grey.length; x++) {
        int opacity = raster.getNumBands() > 1 ? toByte(alpha[x], greyBits) : 255;
        image.pixels()[y * grey.length + x] = onWhite(toByte(grey[x], greyBits), opacity);
      }
    }
    return image;
  }

  private static int toByte(int value, int bits) {
    return bits >= 8 ? value >> bits - 8 : value * 255 / ((1 << bits) - 1);
  }

  private static byte onWhite(int value, int alpha) {
    return (byte) ((value * alpha + 255 * (255 - alpha) + 127) / 255);
  }

  private static BufferedImage toBufferedImage(Image image) {
    boolean grey = image.format() == PixelFormat.GREY;
    byte[] pixels = image.to(grey ? PixelFormat.GREY : PixelFormat.BGR).pixels();
    BufferedImage target = new BufferedImage(image.width(), image.height(),
        grey ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR);
    System.arraycopy(pixels, 0, ((DataBufferByte) target.getRaster().getDataBuffer()).getData(), 0, pixels.length);
    return target;
  }
}
