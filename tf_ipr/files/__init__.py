"""Files of the user: pictures, lists, and outputs that appear whole or not at all.

image_file.py    pictures as arrays, and back: by picture_kinds.py, which lists the kinds that are
                 read, picture.py, what each hands over, and colour_profile.py, which makes it sRGB
file_list.py     the files of one kind in a folder
atomic_file.py   files and folders that appear whole or not at all
file_key.py      the key of a file in every cache: its content
"""
