"""Files that people upload: known by their content, kept as they came, given back safely."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.errors import UploadRefused
from inbox.models import Attachment, FileState
