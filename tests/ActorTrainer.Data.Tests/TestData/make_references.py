"""Makes references.zip: pictures in every format, and what Pillow and torchvision make of them.

usage: python3 make_references.py      (Pillow 9.4.0 with libjpeg-turbo, torchvision 0.14.1, numpy; Debian 12's packages)

Entries:
  decode/NAME            a picture file
  decode/NAME.rgb        its pixels: int32 width, int32 height (little-endian), then width x height x RGB
  transform/CASE.rgb     a transform of the pattern below; the case's name holds its parameters
"""
import io
import struct
import zipfile
import zlib

import numpy as np
import torchvision.transforms.functional as F
from PIL import Image, ImageCms, ImageOps
from torchvision.transforms import InterpolationMode

OUT = zipfile.ZipFile('references.zip', 'w', zipfile.ZIP_DEFLATED)
BACKGROUND = (10, 200, 30)


def put(name, data):
    OUT.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


def put_rgb(name, image):
    assert image.mode == 'RGB', image.mode
    put(name + '.rgb', struct.pack('<ii', *image.size) + image.tobytes())


def pattern(width, height):
    """The picture that the tests make too, from this formula."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing='ij')
    noise = (x * 7919 + y * 104729 + c * 1299709) % 61
    return Image.fromarray(((x * x * 3 // 16 + y * y * 5 // 16 + x * y // 8 + c * 85 + noise) & 255).astype(np.uint8))


def smooth(width, height):
    y, x = np.meshgrid(np.arange(height), np.arange(width), indexing='ij')
    planes = [128 + 120 * np.sin(x / 7 + k) * np.cos(y / 9 - k) for k in range(3)]
    return Image.fromarray(np.stack(planes, -1).astype(np.uint8))


def alpha(width, height):
    y, x = np.meshgrid(np.arange(height), np.arange(width), indexing='ij')
    return Image.fromarray(((x * 9 + y * 5) & 255).astype(np.uint8))


def on_background(image):
    image = image.convert('RGBA')
    below = Image.new('RGB', image.size, BACKGROUND)
    below.paste(image.convert('RGB'), mask=image.getchannel('A'))
    return below


def saved(name, image, expected=None, **options):
    buffer = io.BytesIO()
    image.save(buffer, **options)
    put('decode/' + name, buffer.getvalue())
    if expected is None:
        expected = Image.open(io.BytesIO(buffer.getvalue()))
        expected = on_background(expected) if expected.mode in ('RGBA', 'LA', 'PA') or 'transparency' in expected.info else expected.convert('RGB')
    put_rgb('decode/' + name, expected)


def png(width, height, depth, colour, rows, interlaced=False, extra=b''):
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, depth, colour, 0, 0, interlaced)) + extra
            + chunk(b'IDAT', zlib.compress(b''.join(b'\0' + row for row in rows), 9)) + chunk(b'IEND', b''))


def adam7(pixels):
    for x, y, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        yield from (row.tobytes() for row in pixels[y::dy, x::dx] if row.size)


def swapped_profile():
    """A profile in which red and green are exchanged: whoever applies it is found out."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes())
    tags = {bytes(profile[at:at + 4]): at for at in range(132, 132 + 12 * struct.unpack('>I', profile[128:132])[0], 12)}
    red, green = tags[b'rXYZ'] + 4, tags[b'gXYZ'] + 4
    profile[red:red + 8], profile[green:green + 8] = profile[green:green + 8], profile[red:red + 8]
    return bytes(profile)


def decoding():
    w, h = 37, 29
    colour, noisy = smooth(w, h), pattern(w, h)
    grey, see_through = colour.convert('L'), colour.copy()
    see_through.putalpha(alpha(w, h))
    saved('rgb.jpg', colour, format='JPEG', quality=90)
    saved('rgb444.jpg', noisy, format='JPEG', quality=95, subsampling=0)
    saved('progressive.jpg', colour, format='JPEG', quality=85, progressive=True)
    saved('grey.jpg', grey, format='JPEG', quality=90)
    saved('cmyk.jpg', colour.convert('CMYK'), format='JPEG', quality=95)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        buffer = io.BytesIO()
        colour.save(buffer, format='JPEG', quality=90, exif=exif)
        expected = ImageOps.exif_transpose(Image.open(io.BytesIO(buffer.getvalue()))).convert('RGB')
        saved(f'exif{orientation}.jpg', colour, expected, format='JPEG', quality=90, exif=exif)
    saved('rgb422.jpg', colour, format='JPEG', quality=80, subsampling=1)
    saved('profile.jpg', colour, format='JPEG', quality=90, icc_profile=swapped_profile())
    saved('profile.png', noisy, format='PNG', icc_profile=swapped_profile())
    data = png(w, h, 8, 2, list(adam7(np.array(noisy))), interlaced=True, extra=struct.pack('>I4sII', 4, b'gAMA', 100000, zlib.crc32(b'gAMA' + struct.pack('>I', 100000))))
    put('decode/interlaced-gamma.png', data)
    put_rgb('decode/interlaced-gamma.png', Image.open(io.BytesIO(data)).convert('RGB'))
    saved('rgb.png', noisy, format='PNG')
    saved('grey.png', noisy.convert('L'), format='PNG')
    saved('onebit.png', noisy.convert('1'), format='PNG')
    saved('palette.png', noisy.quantize(64), format='PNG')
    saved('palette16.png', noisy.quantize(11), format='PNG', bits=4)
    saved('palette-alpha.png', noisy.quantize(64), format='PNG', transparency=bytes((i * 37) & 255 for i in range(64)))
    saved('grey-key.png', noisy.convert('L'), format='PNG', transparency=77)
    saved('rgba.png', see_through, format='PNG')
    saved('la.png', see_through.convert('LA'), format='PNG')
    # Pillow reads 16-bit grey as integers that convert('RGB') clips to white; the high byte is what is meant.
    values = np.arange(w * h, dtype=np.uint32).reshape(h, w) * 61 % 65536
    put('decode/grey16.png', png(w, h, 16, 0, [row.astype('>u2').tobytes() for row in values]))
    put_rgb('decode/grey16.png', Image.fromarray((values >> 8).astype(np.uint8)).convert('RGB'))
    wide = np.arange(w * h * 3, dtype=np.uint32).reshape(h, w, 3) * 20 % 65536
    data = png(w, h, 16, 2, [row.astype('>u2').tobytes() for row in wide])
    put('decode/rgb16.png', data)
    put_rgb('decode/rgb16.png', Image.open(io.BytesIO(data)).convert('RGB'))
    saved('rgb.bmp', noisy, format='BMP')
    saved('palette.bmp', noisy.quantize(64), format='BMP')
    saved('grey.bmp', noisy.convert('L'), format='BMP')
    saved('lossy.webp', colour, format='WEBP', quality=80)
    saved('lossless.webp', noisy, format='WEBP', lossless=True)
    saved('alpha.webp', see_through, format='WEBP', lossless=True, exact=True)
    saved('palette.gif', noisy.quantize(64), format='GIF')
    saved('transparent.gif', noisy.quantize(16), format='GIF', transparency=3)
    saved('animated.gif', noisy.quantize(16), noisy.quantize(16).convert('RGB'), format='GIF', save_all=True,
          append_images=[noisy.transpose(Image.Transpose.ROTATE_180).quantize(16)])


def transforms():
    def case(name, image):
        put_rgb('transform/' + name, image)
    # resize_<source w>x<h>_<crop left>,<top>,<w>,<h>_<to w>x<h>: the crop first, then the resize
    for w, h in ((8, 8), (61, 43), (200, 150)):
        source = pattern(w, h)
        boxes = [(0, 0, w, h), (1, 2, w - 3, h - 3)] + ([(17, 5, 31, 30), (0, 0, 2, h)] if w > 8 else [])
        for left, top, cw, ch in boxes:
            crop = source.crop((left, top, left + cw, top + ch))
            for tw, th in ((8, 8), (28, 28), (33, 17), (cw, 19), (21, ch), (64, 48)):
                case(f'resize_{w}x{h}_{left},{top},{cw},{ch}_{tw}x{th}', crop.resize((tw, th), Image.Resampling.BILINEAR))
    case('resize_1000x3_0,0,1000,3_7x5', pattern(1000, 3).resize((7, 5), Image.Resampling.BILINEAR))
    # short_<source>_<side>, crop_<source>_<w>x<h> (fill 0), evaluate_<source>_<short side>_<crop>
    for w, h in ((61, 43), (43, 61), (40, 40), (37, 101)):
        for side in (8, 32, 43, 56):
            case(f'short_{w}x{h}_{side}', F.resize(pattern(w, h), side))
        for cw, ch in ((10, 10), (11, 20), (43, 43), (70, 30), (75, 71)):
            case(f'crop_{w}x{h}_{cw}x{ch}', F.center_crop(pattern(w, h), (ch, cw)))
        for side, crop in ((36, 32), (40, 33), (20, 24)):
            case(f'evaluate_{w}x{h}_{side}_{crop}', F.center_crop(F.resize(pattern(w, h), side), crop))
    source = pattern(64, 48)
    for factor in (0.0, 0.3, 0.77, 1.0, 1.25, 1.9):
        case(f'brightness_{factor}', F.adjust_brightness(source, factor))
        case(f'contrast_{factor}', F.adjust_contrast(source, factor))
        case(f'saturation_{factor}', F.adjust_saturation(source, factor))
    for hue in (-0.5, -0.13, 0.0, 0.07, 0.25, 0.5):
        case(f'hue_{hue}', F.adjust_hue(source, hue))
    for w, h in ((64, 48), (31, 31)):
        for angle in (-170.5, -90.0, -10.25, 0.0, 3.7, 45.0, 90.0, 180.0):
            case(f'rotate_{w}x{h}_{angle}', F.rotate(pattern(w, h), angle, InterpolationMode.BILINEAR, fill=list(BACKGROUND)))
    case('luma', pattern(64, 48).convert('L').convert('RGB'))


decoding()
transforms()
OUT.close()
